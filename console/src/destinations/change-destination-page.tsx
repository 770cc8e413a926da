import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useNavigate, useParams } from "react-router";
import { useNotices } from "../frame/notices";
import { Opened } from "../parts/opened";
import { DestinationForm } from "./destination-form";
import { useDestination } from "./use-destination";

/** Other settings or new credentials, which are tested before they take the place of the old ones. */
export function ChangeDestinationPage() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const notices = useNotices();
  const read = useDestination(id);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="The new settings are tested first. If that fails, the old ones stay in force."
        >
          Change {read.data?.body.name ?? "destination"}
        </Header>
      }
    >
      <Opened read={read} what="the destination">
        {(before) => (
          <DestinationForm
            before={before}
            onCancel={() => navigate(`/destinations/${id}`)}
            onSaved={(saved) => notices.done(`${saved.name} is changed.`, `/destinations/${id}`)}
          />
        )}
      </Opened>
    </ContentLayout>
  );
}
