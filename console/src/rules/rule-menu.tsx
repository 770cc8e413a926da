import Box from "@cloudscape-design/components/box";
import ButtonDropdown, { type ButtonDropdownProps } from "@cloudscape-design/components/button-dropdown";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { Missed, RuleView } from "../api/description";
import { Problem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { Delete } from "../parts/delete";
import { many } from "../parts/words";
import { useMay } from "../session/session";
import { useRuleActions } from "./use-rule-actions";

const MISSED: readonly { value: Missed; label: string; description: string }[] = [
  { value: "all", label: "Run each of them", description: "Oldest first." },
  { value: "latest", label: "Run only the latest", description: "The others are listed as left out." },
  { value: "merge", label: "One run over all of them", description: "One delivery that covers the whole time." },
  { value: "skip", label: "Run none of them", description: "They are listed as left out, and can be run later." },
];

/** What can be done with a rule, as a menu: `inline` in a row, else on the rule's page. */
export function RuleMenu({ rule, inline = false }: { rule: RuleView; inline?: boolean }) {
  const may = useMay();
  const navigate = useNavigate();
  const notices = useNotices();
  const actions = useRuleActions(rule);
  const [deleting, setDeleting] = useState(false);
  const [missed, setMissed] = useState<string | null>(null);
  const { name } = rule.settings;
  if (!may("export")) return null;

  const acts: Record<string, () => unknown> = {
    run: async () => navigate(`/runs/${(await actions.run()).run_id}`),
    amend: async () => {
      const made = await actions.amend();
      notices.done(made.length > 0 ? `${many(made.length, "amendment")} started.` : "Nothing came late that is owed.");
    },
    deactivate: async () => {
      await actions.deactivate();
      notices.done(`${name} is deactivated: no window is run until you activate it.`);
    },
    activate: async () => {
      await actions.activate();
      notices.done(`${name} is active.`);
    },
    edit: () => navigate(`/rules/${rule.rule_id}/edit`),
    copy: () => navigate(`/rules/new?copy=${rule.rule_id}`),
    delete: () => setDeleting(true),
  };

  async function act(id: string) {
    try {
      await acts[id]?.();
    } catch (failure) {
      if (id === "activate" && passedMeanwhile(failure)) setMissed(failure.message);
      else notices.failed(failure);
    }
  }

  return (
    <>
      <ButtonDropdown
        items={itemsFor(rule, inline)}
        variant={inline ? "inline-icon" : "normal"}
        expandToViewport
        ariaLabel={inline ? `Actions on ${name}` : "Actions"}
        onItemClick={({ detail }) => void act(detail.id)}
      >
        {inline ? undefined : "Actions"}
      </ButtonDropdown>
      {deleting && (
        <Delete name={name} list="rules" remove={actions.remove} close={() => setDeleting(false)}>
          No window is run any more, and an archive's password goes with it. Its runs and their log stay, and so does
          everything that was delivered.
        </Delete>
      )}
      {missed !== null && (
        <AskMissed
          said={missed}
          activate={async (choice) => {
            await actions.activate(choice);
            notices.done(`${name} is active.`);
          }}
          close={() => setMissed(null)}
        />
      )}
    </>
  );
}

function passedMeanwhile(failure: unknown): failure is Problem {
  return failure instanceof Problem && failure.status === 409 && /\bwindows? passed\b/.test(failure.message);
}

function itemsFor(rule: RuleView, inline: boolean): ButtonDropdownProps.Items {
  const active = rule.state === "active";
  const toggle = active ? { id: "deactivate", text: "Deactivate" } : { id: "activate", text: "Activate" };
  const first: ButtonDropdownProps.Item[] = inline
    ? [
        { id: "run", text: "Run now", disabled: !active, disabledReason: "Activate the rule first." },
        { id: "edit", text: "Edit" },
      ]
    : [];
  return [
    ...first,
    toggle,
    { id: "amend", text: "Deliver late rows now" },
    { id: "copy", text: "Duplicate" },
    { id: "delete", text: "Delete" },
  ];
}

interface Asking {
  readonly said: string;
  activate(missed: Missed): Promise<void>;
  close(): void;
}

function AskMissed({ said, activate, close }: Asking) {
  const [choice, setChoice] = useState<Missed>("all");
  return (
    <Confirm
      title="What becomes of the windows that passed?"
      verb="Activate"
      act={() => activate(choice)}
      close={close}
    >
      <Box>{said.split(" Say in ", 1)[0]}</Box>
      <RadioGroup
        ariaLabel="What becomes of them"
        value={choice}
        items={[...MISSED]}
        onChange={({ detail }) => setChoice(detail.value as Missed)}
      />
    </Confirm>
  );
}
