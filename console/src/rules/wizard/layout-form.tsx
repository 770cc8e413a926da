import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { Layout } from "../../api/description";
import { EnterText } from "../../parts/enter-text";
import { PickOne } from "../../parts/pick-one";
import { FILES, PRESETS } from "../options";
import { wantsMedia, withPreset } from "./draft";
import type { Drafting } from "./drafting";

const TEMPLATES: readonly { part: "folder" | "file" | "media" | "manifest"; label: string; usual: string }[] = [
  { part: "folder", label: "Folder", usual: "{rule}/{run}" },
  { part: "file", label: "Data file, below the folder", usual: "{dataset}{part}.{extension}" },
  { part: "media", label: "Media file, below the folder", usual: "media/{path}" },
  { part: "manifest", label: "Folder of the manifest, below the folder", usual: "" },
];
/** As in core/layout.py, where a name that holds another token is refused with the whole list. */
const TOKENS: readonly (readonly [string, string])[] = [
  ["{tenant}", "your tenant"],
  ["{rule} {rule_id}", "the rule's name, its id"],
  ["{run}", "the run's id"],
  ["{start} {end}", "the window, UTC"],
  ["{from} {to}", "the window in the rule's zone"],
  ["{date}", "the local date on which it starts"],
  ["{generation} {again}", "when a window is run once more"],
  ["{dataset} {interval} {part} {extension}", "of a data file"],
  ["{object} {number}", "of a lake object's own file"],
  ["{path} {name} {stem} {suffix} {hash} {time}", "of media"],
  ["{row.from_number}", "of media: what the row has in a field"],
];

/** Folders and names. */
export function LayoutForm({ draft, change, wrong }: Drafting) {
  const { layout } = draft;
  const media = wantsMedia(draft);
  const own = TEMPLATES.some(({ part }) => layout[part] !== undefined) || Boolean(layout.rename);
  const [open, setOpen] = useState(false);
  const put = (part: Partial<Layout>) => {
    const now = { ...layout, ...part };
    const said = Object.entries(now).filter(([key, value]) => value !== "" || key === "folder");
    change({ layout: Object.fromEntries(said) as Partial<Layout> });
  };
  return (
    <Container header={<Header variant="h2">Folders and names</Header>}>
      <SpaceBetween size="l">
        <PickOne
          label="Layout"
          description={own && layout.preset ? "Choosing another one drops the names below." : undefined}
          value={layout.preset ?? "own"}
          options={PRESETS}
          error={wrong("layout.preset")}
          onChange={(preset) => change(withPreset(draft, preset === "own" ? null : preset))}
        />
        {layout.preset === "recordings" && (
          <Checkbox
            checked={layout.date_folders ?? true}
            onChange={({ detail }) => change({ layout: { preset: "recordings", date_folders: detail.checked } })}
          >
            A folder for each day
          </Checkbox>
        )}
        {media && (
          <EnterText
            label="Rename media, optional"
            constraint="Without the ending, such as {row.from_number}_{date}_{time}"
            value={layout.rename ?? ""}
            error={wrong("layout.rename")}
            onChange={(rename) => {
              const { media: _, ...rest } = layout;
              change({ layout: { ...rest, rename } });
            }}
          />
        )}
        <ExpandableSection
          headerText="Names of your own"
          expanded={open || wrong("layout") !== undefined}
          onChange={({ detail }) => setOpen(detail.expanded)}
        >
          <SpaceBetween size="l">
            <PickOne
              label="Data files"
              value={
                layout.files ?? (layout.preset === "data_ops" || layout.preset === "recordings" ? "period" : "run")
              }
              options={FILES}
              error={wrong("layout.files")}
              onChange={(files) => put({ files })}
            />
            {TEMPLATES.filter(({ part }) => media || part !== "media").map(({ part, label, usual }) => (
              <EnterText
                key={part}
                label={label}
                placeholder={layout.preset ? "As the layout says" : usual}
                value={layout[part] ?? ""}
                error={wrong(`layout.${part}`) ?? (part === "folder" ? wrong("layout") : undefined)}
                onChange={(text) => put({ [part]: text })}
              />
            ))}
            <Box variant="small" color="text-body-secondary">
              {TOKENS.map(([tokens, meaning]) => (
                <div key={tokens}>
                  <Box variant="code" fontSize="body-s">
                    {tokens}
                  </Box>{" "}
                  {meaning}
                </div>
              ))}
            </Box>
          </SpaceBetween>
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}
