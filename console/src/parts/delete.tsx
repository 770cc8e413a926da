import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocation } from "react-router";
import { useNotices } from "../frame/notices";
import { Confirm } from "./confirm";

interface Props {
  readonly name: string;
  /** The list it is of, as the list's page and the answers about it are called: `destinations`. */
  readonly list: string;
  /** What else goes, and what stays. */
  readonly children: ReactNode;
  remove(): Promise<unknown>;
  close(): void;
}

/** The question before a thing is deleted; once it is gone, its list is shown. */
export function Delete({ name, list, children, remove, close }: Props) {
  const answers = useQueryClient();
  const notices = useNotices();
  const isListed = useLocation().pathname === `/${list}`;
  async function act() {
    await remove();
    if (isListed) await answers.invalidateQueries({ queryKey: [list] });
    notices.done(`${name} is deleted.`, isListed ? undefined : `/${list}`);
    // Not asked anew: the page that is being left would ask for what is gone.
    if (!isListed) answers.removeQueries({ queryKey: [list] });
  }
  return (
    <Confirm title={`Delete ${name}?`} verb="Delete" act={act} close={close}>
      {children}
    </Confirm>
  );
}
