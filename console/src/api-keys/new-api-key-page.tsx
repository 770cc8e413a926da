import Alert from "@cloudscape-design/components/alert";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { NewKeyView } from "../api/description";
import { Copied } from "../parts/copied";
import { ShownOnce } from "../parts/shown-once";
import { ApiKeyForm } from "./api-key-form";

export function NewApiKeyPage() {
  const navigate = useNavigate();
  const [made, setMade] = useState<NewKeyView>();
  return (
    <ContentLayout header={<Header variant="h1">Make API key</Header>}>
      <ApiKeyForm onMade={setMade} onCancel={() => navigate("/api-keys")} />
      {made && (
        <ShownOnce title={`The key ${made.name}`} close={() => navigate("/api-keys")}>
          <Alert type="warning">It is shown this once. Whoever has it may do all that it permits.</Alert>
          <Copied what="API key" text={made.key} />
        </ShownOnce>
      )}
    </ContentLayout>
  );
}
