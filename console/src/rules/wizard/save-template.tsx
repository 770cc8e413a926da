import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../../api/client";
import { asProblem } from "../../api/problem";
import { useNotices } from "../../frame/notices";
import { Failed } from "../../parts/failed";
import { SavedForm } from "../../parts/saved-form";
import { sharingOf, typedOf } from "../../parts/sharing";
import { useApi, useMay } from "../../session/session";
import { NOBODY, TemplateHead } from "../../templates/template-head";
import { type Draft, templateOf } from "./draft";

/** Keeps the settings to begin other rules with; the rule itself is not made by it. */
export function SaveTemplate({ draft }: { draft: Draft }) {
  const [asked, setAsked] = useState(false);
  if (!useMay()("manage_templates")) return null;
  return (
    <>
      <Button onClick={() => setAsked(true)}>Save as template</Button>
      {asked && (
        <Modal visible header="Save as template" closeAriaLabel="Close" onDismiss={() => setAsked(false)}>
          <TemplateOf draft={draft} close={() => setAsked(false)} />
        </Modal>
      )}
    </>
  );
}

function TemplateOf({ draft, close }: { draft: Draft; close(): void }) {
  const api = useApi();
  const notices = useNotices();
  const answers = useQueryClient();
  const [name, setName] = useState(draft.name);
  const [sharing, setSharing] = useState(() => typedOf(NOBODY));
  const [header] = useState(once);
  const save = useMutation({
    mutationFn: () => {
      const body = { name, settings: templateOf(draft), shared: sharingOf(sharing) };
      return bodyOf(api.POST("/templates", { params: { header }, body }));
    },
    onSuccess: async (saved) => {
      await answers.invalidateQueries({ queryKey: ["templates"] });
      notices.done(`The template ${saved.name} is saved. The rule is not made yet.`);
      close();
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  return (
    <SavedForm
      verb="Save template"
      saving={save.isPending}
      problem={problem}
      refusal={problem?.of("settings") && <Failed failure={problem} />}
      save={() => save.mutate()}
      cancel={close}
    >
      <SpaceBetween size="l">
        <div>All settings of this rule but its name and an archive's password are kept.</div>
        <TemplateHead name={name} sharing={sharing} problem={problem} onName={setName} onSharing={setSharing} />
      </SpaceBetween>
    </SavedForm>
  );
}
