import type { SelectProps } from "@cloudscape-design/components/select";
import type { DataField, DatasetDetail } from "../api/description";

/** What of a dataset can be asked for and chosen: its fields, and the customer's own columns that its newest objects have. */
export function fieldsOf(dataset: DatasetDetail): DataField[] {
  const { fields, open_field, columns } = dataset;
  if (!open_field) return fields;
  const known = new Set(fields.map((one) => one.name));
  const own = Object.keys(columns).filter((name) => !known.has(name));
  return [
    ...fields,
    ...own.map((name) => openColumn(name.startsWith(`${open_field}.`) ? name : `${open_field}.${name}`)),
  ];
}

function openColumn(name: string): DataField {
  const title = name.slice(name.indexOf(".") + 1);
  return {
    name,
    title,
    type: "any",
    category: "Your own columns",
    description: "A column of your own.",
    default: false,
  };
}

/** Fields to choose from, in the groups that the dataset has. */
export function fieldOptions(fields: readonly DataField[]): SelectProps.Options {
  const options = fields.map((one) => ({
    value: one.name,
    label: one.title || one.name,
    description: one.description,
    labelTag: one.type === "any" ? "" : one.type,
    filteringTags: [one.name],
    category: one.category,
  }));
  const categories = [...new Set(options.map((one) => one.category))];
  if (categories.length < 2) return options;
  return categories.map((category) => ({
    label: category || "Other",
    options: options.filter((one) => one.category === category),
  }));
}
