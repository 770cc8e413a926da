import { Link } from "../parts/link";
import { addressOf } from "./address-of";

/** The things of an entry by their ids, each leading to its page where it has one. */
export function Things({ things }: { things: Readonly<Record<string, string>> }) {
  const all = Object.entries(things);
  if (all.length === 0) return <>–</>;
  return (
    <>
      {all.map(([name, id]) => {
        const address = addressOf(name, id);
        return <div key={name}>{address ? <Link to={address}>{id}</Link> : `${name.replaceAll("_", " ")} ${id}`}</div>;
      })}
    </>
  );
}
