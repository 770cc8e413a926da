import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";

interface Props {
  readonly title: string;
  readonly description?: string;
  /** Something in it is wrong, so it is open whatever was clicked. */
  readonly wrong?: boolean;
  readonly children: ReactNode;
}

/** Settings that few need: closed until somebody looks. */
export function More({ title, description, wrong = false, children }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <ExpandableSection
      variant="container"
      headerText={title}
      headingTagOverride="h3"
      {...(description ? { headerDescription: description } : {})}
      expanded={open || wrong}
      onChange={({ detail }) => setOpen(detail.expanded)}
    >
      <SpaceBetween size="l">{children}</SpaceBetween>
    </ExpandableSection>
  );
}
