import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Textarea from "@cloudscape-design/components/textarea";
import { useRef } from "react";
import { inserted, PLACEHOLDERS } from "./placeholders";

interface Props {
  readonly label: string;
  readonly description?: string;
  readonly value: string;
  readonly lines?: number;
  readonly error?: string | undefined;
  onChange(value: string): void;
}

/** Text in which placeholders stand, which are chosen from a list and put where the cursor is. */
export function TemplatedText({ label, description, value, lines = 1, error, onChange }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const insert = (name: string) => {
    const field = place.current?.querySelector<HTMLInputElement | HTMLTextAreaElement>("input, textarea");
    const start = field?.selectionStart ?? value.length;
    const { text, cursor } = inserted(value, start, field?.selectionEnd ?? start, name);
    onChange(text);
    // React puts the cursor behind all of a text that it sets: the next placeholder goes behind this one.
    requestAnimationFrame(() => field?.setSelectionRange(cursor, cursor));
  };
  const typing = { value, onChange: ({ detail }: { detail: { value: string } }) => onChange(detail.value) };
  return (
    <FormField
      label={label}
      description={description}
      errorText={error}
      stretch
      secondaryControl={
        <ButtonDropdown
          ariaLabel={`Insert placeholder into ${label.toLowerCase()}`}
          expandToViewport
          items={PLACEHOLDERS.map((one) => ({ id: one.name, text: `{${one.name}}`, secondaryText: one.description }))}
          onItemClick={({ detail }) => insert(detail.id)}
        >
          Insert placeholder
        </ButtonDropdown>
      }
    >
      <div ref={place}>
        {lines === 1 ? <Input {...typing} autoComplete={false} /> : <Textarea {...typing} rows={lines} />}
      </div>
    </FormField>
  );
}
