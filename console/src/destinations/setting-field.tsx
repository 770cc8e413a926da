import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import Textarea from "@cloudscape-design/components/textarea";
import type { Setting, Values } from "./kinds/setting";

interface Props {
  readonly setting: Setting;
  readonly values: Values;
  readonly wrong: string | undefined;
  onChange(value: string): void;
}

/** One setting of a destination, with what is wrong or doubtful about it beside it. */
export function SettingField({ setting, values, wrong, onChange }: Props) {
  const value = values[setting.name] ?? "";
  const doubt = wrong ? undefined : setting.doubt?.(value, values);
  const label = setting.optional ? (
    <>
      {setting.label} <i>– optional</i>
    </>
  ) : (
    setting.label
  );
  return (
    <FormField
      {...(setting.type === "toggle" ? {} : { label })}
      description={setting.description}
      errorText={wrong}
      warningText={doubt}
    >
      <Control setting={setting} value={value} onChange={onChange} />
    </FormField>
  );
}

function Control({ setting, value, onChange }: { setting: Setting; value: string; onChange(value: string): void }) {
  const changed = { onChange: (event: { detail: { value: string } }) => onChange(event.detail.value) };
  const placeholder = setting.placeholder ? { placeholder: setting.placeholder } : {};
  switch (setting.type) {
    case "choice":
      return <Choice setting={setting} value={value} onChange={onChange} />;
    case "toggle":
      return (
        <Checkbox checked={value === "true"} onChange={({ detail }) => onChange(String(detail.checked))}>
          {setting.label}
        </Checkbox>
      );
    case "lines":
      return <Textarea value={value} rows={3} {...placeholder} {...changed} />;
    case "secret_lines":
      return <Textarea value={value} rows={6} autoComplete={false} spellcheck={false} {...placeholder} {...changed} />;
    case "secret":
      return <Input type="password" value={value} autoComplete={false} {...placeholder} {...changed} />;
    default:
      return (
        <Input
          value={value}
          autoComplete={false}
          spellcheck={false}
          {...(setting.type === "number" ? { inputMode: "decimal" as const } : {})}
          {...placeholder}
          {...changed}
        />
      );
  }
}

function Choice({ setting, value, onChange }: { setting: Setting; value: string; onChange(value: string): void }) {
  const choices = [...(setting.choices ?? [])];
  if (!setting.rare && choices.length < 4)
    return <RadioGroup value={value} items={choices} onChange={({ detail }) => onChange(detail.value)} />;
  return (
    <Select
      selectedOption={choices.find((choice) => choice.value === value) ?? null}
      options={choices}
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
    />
  );
}
