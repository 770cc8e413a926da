import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { type Api, bodyOf, clientOf } from "../api/client";
import type { CallerView } from "../api/description";
import { Problem } from "../api/problem";

export interface Session {
  readonly api: Api;
  readonly caller: CallerView;
}

interface Sessions {
  readonly session: Session | null;
  /** Why the last session ended, where it was not the person who ended it. */
  readonly ended: string;
  signIn(key: string): Promise<void>;
  signOut(): void;
}

/** The key lives in this tab alone, and goes with it. */
const KEY = "waybill.key";
const CALLER = "waybill.caller";

const Context = createContext<Sessions | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [ended, setEnded] = useState("");
  const leave = useCallback((why: string) => {
    sessionStorage.clear();
    setEnded(why);
    setSession(null);
  }, []);
  const refused = useCallback(() => leave("Your key is not taken any more. Sign in with another."), [leave]);
  const [session, setSession] = useState<Session | null>(() => kept(refused));
  const signIn = useCallback(
    async (key: string) => {
      const api = clientOf(key, () => undefined);
      const caller = await bodyOf(api.GET("/caller"));
      sessionStorage.setItem(KEY, key);
      sessionStorage.setItem(CALLER, JSON.stringify(caller));
      setEnded("");
      setSession({ api: clientOf(key, refused), caller });
    },
    [refused],
  );
  const value = useMemo(() => ({ session, ended, signIn, signOut: () => leave("") }), [session, ended, signIn, leave]);
  return <Context value={value}>{children}</Context>;
}

function kept(refused: () => void): Session | null {
  const key = sessionStorage.getItem(KEY);
  const caller = sessionStorage.getItem(CALLER);
  return key && caller ? { api: clientOf(key, refused), caller: JSON.parse(caller) as CallerView } : null;
}

export function useSession(): Sessions {
  const found = useContext(Context);
  if (!found) throw new Problem(0, "A page stands outside of the session.");
  return found;
}

/** The API in the name of who is signed in. */
export function useApi(): Api {
  const { session } = useSession();
  if (!session) throw new Problem(0, "A page is shown to nobody.");
  return session.api;
}

/** Whether who is signed in may do this: what they may not is not offered. */
export function useMay(): (permission: string) => boolean {
  const { session } = useSession();
  return useCallback((permission) => session?.caller.permissions.includes(permission) ?? false, [session]);
}
