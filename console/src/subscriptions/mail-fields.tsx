import SpaceBetween from "@cloudscape-design/components/space-between";
import { AddressList } from "./address-list";
import type { MailWords } from "./draft";
import { TemplatedText } from "./templated-text";

interface Props {
  readonly value: MailWords;
  onChange(changed: Partial<MailWords>): void;
  /** What is wrong with `addresses`, `addresses.0`, `subject` or `message`. */
  errorOf(field: string): string | undefined;
}

/** Who gets mails, with which words: of a subscription, and of a rule. */
export function MailFields({ value, onChange, errorOf }: Props) {
  return (
    <SpaceBetween size="l">
      <AddressList addresses={value.addresses} onChange={(addresses) => onChange({ addresses })} errorOf={errorOf} />
      <TemplatedText
        label="Subject"
        description="What stands in braces is filled in when the mail is sent."
        value={value.subject}
        error={errorOf("subject")}
        onChange={(subject) => onChange({ subject })}
      />
      <TemplatedText
        label="Message"
        description="Plain text. What an event has not is filled in as a dash."
        value={value.message}
        lines={8}
        error={errorOf("message")}
        onChange={(message) => onChange({ message })}
      />
    </SpaceBetween>
  );
}
