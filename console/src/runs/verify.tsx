import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { bodyOf } from "../api/client";
import type { FileView } from "../api/description";
import { useNotices } from "../frame/notices";
import { saveAs } from "../parts/save-as";
import { useApi } from "../session/session";
import { folderOf, quoted } from "./sentence";

/** Where the manifest is, and how the receiver proves by it that nothing is missing. */
export function Verify({ files, more }: { files: readonly FileView[]; more: boolean }) {
  const api = useApi();
  const notices = useNotices();
  const manifest = files.find((one) => one.kind === "manifest");
  if (!manifest && !more) return null;
  const command = `waybill verify ${manifest ? quoted(folderOf(manifest.name) || ".") : "FOLDER"} --keys keys.json`;

  async function keys() {
    try {
      const found = await bodyOf(api.GET("/signing-keys"));
      saveAs("keys.json", new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }));
    } catch (failure) {
      notices.failed(failure);
    }
  }

  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button iconName="download" onClick={() => void keys()}>
              Download keys.json
            </Button>
          }
        >
          Manifest
        </Header>
      }
    >
      <SpaceBetween size="s">
        <Box>
          {manifest ? (
            <>
              The manifest is <Box variant="code">{manifest.name}</Box>, below each destination's root.
            </>
          ) : (
            "The manifest is the last of the files, below each destination's root."
          )}{" "}
          It lists every file with its SHA-256, what could not be packaged, and the run before it, and is signed by the
          platform.
        </Box>
        <Box>
          Whoever has the files proves with it, and with no account, that nothing is missing and nothing was changed:
        </Box>
        <Box variant="code" display="block">
          {command}{" "}
          <CopyToClipboard
            variant="icon"
            textToCopy={command}
            copyButtonAriaLabel="Copy the command"
            copySuccessText="Copied"
            copyErrorText="It could not be copied"
          />
        </Box>
      </SpaceBetween>
    </Container>
  );
}
