import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect, useState } from "react";
import type { Kind, Setting, Values } from "./kinds/setting";
import { asked } from "./kinds/values";
import { SettingField } from "./setting-field";

interface Props {
  readonly kind: Kind;
  readonly values: Values;
  readonly wrong: ReadonlyMap<string, string>;
  onChange(name: string, value: string): void;
}

/** All settings of a kind; what few people need is folded away until something in it is wrong. */
export function SettingFields({ kind, values, wrong, onChange }: Props) {
  const shown = asked(kind, values);
  const rare = shown.filter((setting) => setting.rare);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (kind.settings.some((setting) => setting.rare && wrong.has(setting.name))) setOpen(true);
  }, [kind, wrong]);
  const field = (setting: Setting) => (
    <SettingField
      key={setting.name}
      setting={setting}
      values={values}
      wrong={wrong.get(setting.name)}
      onChange={(value) => onChange(setting.name, value)}
    />
  );
  return (
    <SpaceBetween size="l">
      {shown.filter((setting) => !setting.rare).map(field)}
      {rare.length > 0 && (
        <ExpandableSection
          headerText="More settings"
          expanded={open}
          onChange={({ detail }) => setOpen(detail.expanded)}
        >
          <SpaceBetween size="l">{rare.map(field)}</SpaceBetween>
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}
