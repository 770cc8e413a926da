import { Link } from "../parts/link";
import { addressOf } from "./address-of";

/** The things of an entry by their ids, each leading to its page where it has one. */
export function Things({ things, whole = false }: { things: Readonly<Record<string, string>>; whole?: boolean }) {
  const all = Object.entries(things).filter(([, id]) => id);
  const shown = (id: string) => (whole || id.length <= 36 ? id : `${id.slice(0, 16)}…`);
  if (all.length === 0) return <>–</>;
  return (
    <>
      {all.map(([name, id]) => {
        const address = addressOf(name, id);
        return (
          <div key={name}>{address ? <Link to={address}>{id}</Link> : `${name.replaceAll("_", " ")} ${shown(id)}`}</div>
        );
      })}
    </>
  );
}
