import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useNotices } from "../frame/notices";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { DestinationForm } from "./destination-form";
import { useDestination } from "./use-destination";

/** Other settings or new credentials, which are tested before they take the place of the old ones. */
export function ChangeDestinationPage() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const notices = useNotices();
  const read = useDestination(id);
  // As it was when the form opened: what is read anew meanwhile must not overwrite what somebody types.
  const [opened, setOpened] = useState(read.data);
  if (read.data && !opened) setOpened(read.data);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="The new settings are tested first. If that fails, the old ones stay in force."
        >
          Change {opened?.body.name ?? "destination"}
        </Header>
      }
    >
      {!opened && read.error && <Failed failure={read.error} again={() => void read.refetch()} />}
      {!opened && !read.error && <Waiting what="the destination" />}
      {opened && (
        <DestinationForm
          before={opened}
          onCancel={() => navigate(`/destinations/${id}`)}
          onSaved={(saved) => {
            notices.done(`${saved.name} is changed.`);
            navigate(`/destinations/${id}`);
          }}
        />
      )}
    </ContentLayout>
  );
}
