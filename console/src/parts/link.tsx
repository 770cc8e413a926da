import CloudscapeLink from "@cloudscape-design/components/link";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";

/** A link to another page of the console: `to` is its path, `/rules/rul_1`. */
export function Link({ to, children }: { to: string; children: ReactNode }) {
  const navigate = useNavigate();
  return (
    <CloudscapeLink
      href={`#${to}`}
      onFollow={(event) => {
        event.preventDefault();
        navigate(to);
      }}
    >
      {children}
    </CloudscapeLink>
  );
}
