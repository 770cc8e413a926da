import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { typedAt } from "./addresses";

/** The API's most, of a rule and of a subscription. */
const MOST = 20;

interface Props {
  readonly addresses: readonly string[];
  onChange(addresses: string[]): void;
  /** What is wrong with `addresses`, or with one of them: `addresses.0`. */
  errorOf(field: string): string | undefined;
}

export function AddressList({ addresses, onChange, errorOf }: Props) {
  const ofRow = (index: number) => errorOf(`addresses.${index}`);
  const isOfRow = addresses.some((_, index) => ofRow(index));
  return (
    <FormField errorText={isOfRow ? undefined : errorOf("addresses")} stretch>
      <AttributeEditor
        items={addresses}
        addButtonText="Add address"
        removeButtonText="Remove"
        removeButtonAriaLabel={(address) => `Remove ${address || "the empty address"}`}
        disableAddButton={addresses.length >= MOST}
        additionalInfo={`Up to ${MOST}. Nobody sees who else is told.`}
        empty="No address yet."
        onAddButtonClick={() => onChange([...addresses, ""])}
        onRemoveButtonClick={({ detail }) => onChange(addresses.filter((_, index) => index !== detail.itemIndex))}
        definition={[
          {
            label: "Address",
            errorText: (_, index) => ofRow(index),
            control: (address, index) => (
              <Input
                value={address}
                inputMode="email"
                placeholder="anna@example.com"
                autoComplete={false}
                onChange={({ detail }) => onChange(typedAt(addresses, index, detail.value))}
              />
            ),
          },
        ]}
      />
    </FormField>
  );
}
