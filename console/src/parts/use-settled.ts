import { useEffect, useState } from "react";

/** The value once it has not changed for a moment, so that nobody is asked at each key. */
export function useSettled<T extends string>(value: T, milliseconds = 400): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
