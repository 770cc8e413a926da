import Container from "@cloudscape-design/components/container";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf, once, type Tagged } from "../api/client";
import type { Dataset, DatasetDetail } from "../api/description";
import { asProblem, Problem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { objectOf, saidOf } from "../parts/json";
import { JsonField } from "../parts/json-field";
import { SavedForm } from "../parts/saved-form";
import { useApi } from "../session/session";
import { definitionOf } from "./dataset-words";

const START = {
  name: "device_readings",
  title: "Device readings",
  description: "What each device measured.",
  time_field: "measured_at",
  key_field: "reading_id",
  fields: [
    { name: "reading_id", type: "string", description: "The reading's id." },
    { name: "measured_at", type: "timestamp", description: "When it was measured." },
    { name: "value", type: "number", description: "What was measured." },
  ],
};

/** A dataset of the tenant's own, as JSON with the keys of a catalogue file. */
export function DatasetForm({ before }: { before?: Tagged<DatasetDetail> }) {
  const api = useApi();
  const navigate = useNavigate();
  const notices = useNotices();
  const answers = useQueryClient();
  const [text, setText] = useState(() => JSON.stringify(before ? definitionOf(before.body) : START, null, 2));
  const [header] = useState(once);
  const save = useMutation({
    mutationFn: () => {
      const read = objectOf(text);
      if ("wrong" in read) throw new Problem(422, "No.", [{ field: "", message: read.wrong }]);
      // What it lacks or has too much, the API says field by field.
      const body = read.value as unknown as Dataset;
      if (!before) return bodyOf(api.POST("/datasets", { params: { header }, body }));
      const params = { path: { name: before.body.name }, header: { "If-Match": before.etag } };
      return bodyOf(api.PUT("/datasets/{name}", { params, body }));
    },
    onSuccess: async (saved) => {
      await answers.invalidateQueries({ queryKey: ["datasets"] });
      const said = `The dataset ${saved.title} is saved. Records for it are taken from now on.`;
      notices.done(said, `/datasets/${saved.name}`);
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  return (
    <SavedForm
      verb="Save dataset"
      saving={save.isPending}
      problem={problem}
      save={() => save.mutate()}
      cancel={() => navigate(before ? `/datasets/${before.body.name}` : "/datasets")}
    >
      <Container>
        <JsonField
          label="Definition"
          description={
            before
              ? "Fields may be added and words changed. A field that is there stays, and so does its type: rules and objects rely on it."
              : "As JSON. Types of fields: string, integer, number, boolean, timestamp, json. More keys: people, media, open_field, settle_seconds, retention_days."
          }
          value={text}
          errors={saidOf(problem, "")}
          onChange={setText}
        />
      </Container>
    </SavedForm>
  );
}
