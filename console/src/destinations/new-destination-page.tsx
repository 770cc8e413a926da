import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useNavigate } from "react-router";
import { useNotices } from "../frame/notices";
import { DestinationForm } from "./destination-form";

export function NewDestinationPage() {
  const navigate = useNavigate();
  const notices = useNotices();
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="Saving tests it with a small file, step by step.">
          Add destination
        </Header>
      }
    >
      <DestinationForm
        onCancel={() => navigate("/destinations")}
        onSaved={(saved) =>
          notices.done(`${saved.name} is saved, and rules may deliver to it.`, `/destinations/${saved.destination_id}`)
        }
      />
    </ContentLayout>
  );
}
