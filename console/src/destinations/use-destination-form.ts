import { useMemo, useState } from "react";
import { once, type Tagged } from "../api/client";
import type { DestinationView } from "../api/description";
import { asProblem } from "../api/problem";
import { kindOf } from "./kinds/kinds";
import { S3 } from "./kinds/s3";
import { initialValues, valuesOf } from "./kinds/values";
import { wrongOf } from "./kinds/wrong";
import { useSave } from "./use-save";

/** What somebody typed so far, what is wrong with it, and, once it is saved and not ready, what it waits for. */
export function useDestinationForm(
  given: Tagged<DestinationView> | undefined,
  onSaved: (destination: DestinationView) => void,
) {
  const [before, setBefore] = useState(given);
  const [waits, setWaits] = useState<DestinationView>();
  const [kind, setKind] = useState(() => kindOf(given?.body.kind ?? "") ?? S3);
  const [name, setName] = useState(given?.body.name ?? "");
  const [values, setValues] = useState(() => (given ? valuesOf(kind, given.body.settings) : initialValues(kind)));
  // Another key with each change: what was typed anew is another request, the same pressed twice is not.
  const [key, setKey] = useState(once);
  const save = useSave(before, (saved) => {
    if (saved.body.usable) return onSaved(saved.body);
    setBefore(saved);
    setWaits(saved.body);
  });
  const problem = useMemo(() => (save.error ? asProblem(save.error) : null), [save.error]);
  const wrong = useMemo(() => problem && wrongOf(problem, kind, values), [problem, kind, values]);
  return {
    before,
    waits,
    kind,
    name,
    values,
    problem,
    wrong,
    saving: save.isPending,
    choose(id: string) {
      const chosen = kindOf(id) ?? kind;
      setKind(chosen);
      setValues(initialValues(chosen));
      setKey(once());
      save.reset();
    },
    rename(now: string) {
      setName(now);
      setKey(once());
    },
    change(setting: string, value: string) {
      setValues((others) => ({ ...others, [setting]: value }));
      setKey(once());
    },
    send(more: { readonly force?: boolean; readonly host_key?: string } = {}) {
      const filled = more.host_key ? { ...values, host_key: more.host_key } : values;
      setValues(filled);
      save.mutate({
        kind,
        name,
        values: filled,
        force: more.force ?? false,
        key: more.force || more.host_key ? once() : key,
      });
    },
    probed(now: DestinationView) {
      if (now.usable) onSaved(now);
      else setWaits(now);
    },
    correct(now: Tagged<DestinationView>) {
      setBefore(now);
      setWaits(undefined);
    },
  };
}
