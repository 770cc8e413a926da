import Box from "@cloudscape-design/components/box";
import ContentLayout from "@cloudscape-design/components/content-layout";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { bodyOf, once, taggedOf } from "../../api/client";
import { useNotices } from "../../frame/notices";
import { Failed } from "../../parts/failed";
import { Waiting } from "../../parts/waiting";
import { useApi } from "../../session/session";
import { useDatasets } from "../use-datasets";
import { ownZone } from "../zoned";
import { askedDraft } from "./asked-draft";
import { type Draft, draftOf, encrypts, requestOf } from "./draft";
import { RuleWizard } from "./rule-wizard";

/** `/rules/new`, also from a template, from another rule (`copy`) from a search, or to a destination (`askedDraft`). */
export function NewRulePage() {
  const api = useApi();
  const notices = useNotices();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const [asked] = useSearchParams();
  const [sent] = useState(once);
  const datasets = useDatasets();
  const initial = useQuery({
    queryKey: ["where a rule begins", asked.toString()],
    queryFn: () => begun(),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

  async function begun(): Promise<Draft> {
    const template = asked.get("template");
    const copy = asked.get("copy");
    if (template) {
      const path = { template_id: template };
      return draftOf((await bodyOf(api.GET("/templates/{template_id}", { params: { path } }))).settings, ownZone());
    }
    if (copy) {
      const { settings } = await bodyOf(api.GET("/rules/{rule_id}", { params: { path: { rule_id: copy } } }));
      return { ...draftOf(settings, ownZone()), name: `Copy of ${settings.name}`.slice(0, 120) };
    }
    return askedDraft(asked, ownZone());
  }

  async function save(draft: Draft) {
    const made = await bodyOf(api.POST("/rules", { params: { header: sent }, body: requestOf(draft) }));
    await cache.invalidateQueries({ queryKey: ["rules"] });
    notices.done(`The rule ${made.settings.name} is active.`, `/rules/${made.rule_id}`);
  }

  return (
    <Page title="Create rule" failure={initial.error ?? datasets.error}>
      {initial.data && datasets.data && (
        <RuleWizard
          place={`new ${asked.toString()}`}
          initial={initial.data}
          datasets={datasets.data}
          keepsPassword={false}
          submit="Create rule"
          save={save}
          cancel={() => navigate("/rules")}
        />
      )}
    </Page>
  );
}

/** `/rules/{id}/edit`: all settings are replaced, in the state in which they were read. */
export function EditRulePage() {
  const { ruleId = "" } = useParams();
  const api = useApi();
  const notices = useNotices();
  const navigate = useNavigate();
  const cache = useQueryClient();
  const datasets = useDatasets();
  const path = { rule_id: ruleId };
  const read = useQuery({
    queryKey: ["rule to edit", ruleId],
    queryFn: () => taggedOf(api.GET("/rules/{rule_id}", { params: { path } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const rule = read.data;

  async function save(draft: Draft) {
    if (!rule) return;
    const header = { "If-Match": rule.etag };
    await bodyOf(api.PUT("/rules/{rule_id}", { params: { path, header }, body: requestOf(draft) }));
    await cache.invalidateQueries({ queryKey: ["rules"] });
    const said = `The rule ${draft.name} is changed. Runs that were planned before go on as they were planned.`;
    notices.done(said, `/rules/${ruleId}`);
  }

  return (
    <Page title={rule ? `Edit ${rule.body.settings.name}` : "Edit rule"} failure={read.error ?? datasets.error}>
      {rule && datasets.data && (
        <RuleWizard
          // A draft of a state that somebody changed meanwhile is none of the new one.
          place={`${ruleId} ${rule.etag}`}
          initial={draftOf(rule.body.settings, rule.body.settings.schedule.zone)}
          datasets={datasets.data}
          keepsPassword={encrypts(rule.body.settings)}
          submit="Save rule"
          save={save}
          cancel={() => navigate(`/rules/${ruleId}`)}
        />
      )}
    </Page>
  );
}

function Page({ title, failure, children }: { title: string; failure: unknown; children: ReactNode }) {
  return (
    // The page's first heading is the step's own.
    <ContentLayout header={<Box fontSize="heading-l">{title}</Box>}>
      {failure ? <Failed failure={failure} /> : (children ?? <Waiting what="the rule" />)}
    </ContentLayout>
  );
}
