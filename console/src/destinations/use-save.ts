import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type once, type Tagged, taggedOf } from "../api/client";
import type { DestinationView } from "../api/description";
import { Problem } from "../api/problem";
import { useApi } from "../session/session";
import type { Kind, Values } from "./kinds/setting";
import { isOnlyName, settingsOf, valuesOf } from "./kinds/values";
import { incomplete } from "./kinds/wrong";

export interface Filled {
  readonly kind: Kind;
  readonly name: string;
  readonly values: Values;
  /** Saved although its test fails. */
  readonly force: boolean;
  /** Of this way of filling the form: pressed twice, it is saved once. */
  readonly key: ReturnType<typeof once>;
}

/** Saves and tests: a new destination, or `before` with other settings. */
export function useSave(
  before: Tagged<DestinationView> | undefined,
  onSaved: (saved: Tagged<DestinationView>) => void,
) {
  const api = useApi();
  const answers = useQueryClient();
  return useMutation({
    mutationFn: async ({ kind, name, values, force, key }: Filled) => {
      const settings = settingsOf(kind, values);
      const onlyName = before?.body.usable && isOnlyName(kind, valuesOf(kind, before.body.settings), values);
      const lacks = incomplete(kind, name, values).filter(({ field }) => !onlyName || field === "name");
      if (lacks.length > 0) throw new Problem(422, "Some fields are not complete.", lacks);
      if (!before)
        return taggedOf(
          api.POST("/destinations", {
            params: { header: key },
            body: { name, kind: kind.id, settings, force },
          }),
        );
      return taggedOf(
        api.PUT("/destinations/{destination_id}", {
          params: { path: { destination_id: before.body.destination_id }, header: { "If-Match": before.etag } },
          body: { name, force, ...(onlyName ? {} : { settings }) },
        }),
      );
    },
    onSuccess: (saved) => {
      void answers.invalidateQueries({ queryKey: ["destinations"] });
      onSaved(saved);
    },
  });
}
