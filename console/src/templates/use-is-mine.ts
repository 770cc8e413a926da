import { useSession } from "../session/session";

/** Whether who is signed in may change what somebody made: their own, and administrators all. */
export function useIsMine(): (madeBy: string) => boolean {
  const { session } = useSession();
  return (madeBy) => session?.caller.level === "administrator" || session?.caller.name === madeBy;
}
