import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { Copied } from "../parts/copied";
import { CopiedText } from "../parts/copied-text";
import { type RoleQuestion, trustPolicy } from "./steps";

/** What the role's owner has to say in AWS, before Waybill gets in. */
export function RoleTrust({ question }: { question: RoleQuestion }) {
  return (
    <Alert type="warning" header="The role has to trust Waybill">
      <SpaceBetween size="s">
        <div>
          In AWS, open the role's trust relationships, replace them by this policy, wait a moment, then test again. The
          external ID is of this destination alone: it keeps everybody else on this platform out.
        </div>
        <div>
          External ID: <Copied what="External ID" text={question.externalId} />
        </div>
        <CopiedText what="Trust policy" text={trustPolicy(question)} />
      </SpaceBetween>
    </Alert>
  );
}
