import Container from "@cloudscape-design/components/container";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf, once, type Tagged } from "../api/client";
import type { TemplateRequest, TemplateView } from "../api/description";
import { asProblem, Problem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { objectOf, saidOf } from "../parts/json";
import { JsonField } from "../parts/json-field";
import { SavedForm } from "../parts/saved-form";
import { sharingOf, typedOf } from "../parts/sharing";
import { useApi, useMay } from "../session/session";
import { NOBODY, TemplateHead } from "./template-head";
import { useIsMine } from "./use-is-mine";

const START = { format: "csv", csv: "spreadsheet", compression: "gzip", schedule: { frequency: "daily", zone: "UTC" } };

/** A new template, or `before` to look at and change. */
export function TemplateForm({ before }: { before?: Tagged<TemplateView> }) {
  const api = useApi();
  const may = useMay();
  const isMine = useIsMine();
  const navigate = useNavigate();
  const notices = useNotices();
  const answers = useQueryClient();
  const [name, setName] = useState(before?.body.name ?? "");
  const [typed, setTyped] = useState(() => typedOf(before?.body.shared ?? NOBODY));
  const [text, setText] = useState(() => JSON.stringify(before?.body.settings ?? START, null, 2));
  const [header] = useState(once);
  const save = useMutation({
    mutationFn: () => {
      const read = objectOf(text);
      if ("wrong" in read) throw new Problem(422, "No.", [{ field: "settings", message: read.wrong }]);
      const body: TemplateRequest = { name, settings: read.value, shared: sharingOf(typed) };
      if (!before) return bodyOf(api.POST("/templates", { params: { header }, body }));
      const path = { template_id: before.body.template_id };
      return bodyOf(
        api.PUT("/templates/{template_id}", { params: { path, header: { "If-Match": before.etag } }, body }),
      );
    },
    onSuccess: async (saved) => {
      await answers.invalidateQueries({ queryKey: ["templates"] });
      notices.done(`The template ${saved.name} is saved.`, "/templates");
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  const mayChange = may("manage_templates") && (!before || isMine(before.body.created_by));
  return (
    <SavedForm
      verb={mayChange ? "Save template" : null}
      saving={save.isPending}
      problem={problem}
      save={() => save.mutate()}
      cancel={() => navigate("/templates")}
    >
      <Container>
        <SpaceBetween size="l">
          <TemplateHead name={name} sharing={typed} problem={problem} onName={setName} onSharing={setTyped} />
          <JsonField
            label="Settings"
            description="As JSON, named as in the API. What is left out is asked for when a rule is made of it."
            value={text}
            errors={saidOf(problem, "settings.", ["name", "shared"])}
            onChange={setText}
          />
        </SpaceBetween>
      </Container>
    </SavedForm>
  );
}
