import Flashbar, { type FlashbarProps } from "@cloudscape-design/components/flashbar";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { asProblem } from "../api/problem";

interface Notices {
  readonly shown: readonly FlashbarProps.MessageDefinition[];
  /** Something was done; the sentence says what. */
  done(sentence: string): void;
  /** Something failed that no form can show beside a field. */
  failed(failure: unknown): void;
}

const Context = createContext<Notices | null>(null);

export function NoticesProvider({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly FlashbarProps.MessageDefinition[]>([]);
  const show = useCallback((type: FlashbarProps.Type, content: string) => {
    const id = crypto.randomUUID();
    const gone = () => setShown((others) => others.filter((one) => one.id !== id));
    const notice = { id, type, content, dismissible: true, dismissLabel: "Dismiss", onDismiss: gone };
    setShown((others) => [notice, ...others.slice(0, 4)]);
  }, []);
  const value = useMemo(
    () => ({
      shown,
      done: (sentence: string) => show("success", sentence),
      failed: (failure: unknown) => show("error", asProblem(failure).message),
    }),
    [shown, show],
  );
  return <Context value={value}>{children}</Context>;
}

export function useNotices(): Notices {
  const found = useContext(Context);
  if (!found) throw new Error("A page stands outside of the notices.");
  return found;
}

export function NoticesBar() {
  return <Flashbar items={[...useNotices().shown]} />;
}
