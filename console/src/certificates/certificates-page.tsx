import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { CertificateView } from "../api/description";
import { Copied } from "../parts/copied";
import { Delete } from "../parts/delete";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { instant } from "../parts/words";
import { useApi, useMay } from "../session/session";

/** With which encrypted media are opened and signatures verified. */
export function CertificatesPage() {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState<CertificateView>();
  const certificates = usePaged<CertificateView>(["certificates"], (cursor) =>
    bodyOf(api.GET("/certificates", { params: { query: cursor ? { cursor } : {} } })),
  );
  const add = may("manage_credentials") && (
    <Button variant="primary" onClick={() => navigate("/certificates/new")}>
      Add certificate
    </Button>
  );
  return (
    <>
      <ListTable
        what="certificates"
        list={certificates}
        variant="full-page"
        header={
          <Header
            variant="h1"
            actions={add}
            description="With its private key, one opens encrypted media. Alone, it verifies signatures."
          >
            Certificates
          </Header>
        }
        empty={
          <Empty title="No certificates yet" action={add}>
            You need one only where media are encrypted or signed.
          </Empty>
        }
        columnDefinitions={[
          { id: "name", header: "Name", isRowHeader: true, cell: (one) => one.name },
          { id: "subject", header: "Subject", cell: (one) => one.subject },
          { id: "use", header: "Use", cell: useOf },
          {
            id: "valid",
            header: "Valid (UTC)",
            minWidth: 220,
            cell: (one) => (
              <StatusIndicator type={one.expired ? "error" : "success"}>
                {one.expired ? "Expired on" : "Until"} {instant(one.not_after)}
              </StatusIndicator>
            ),
          },
          { id: "sha1", header: "Thumbprint (SHA-1)", cell: (one) => <Copied what="Thumbprint" text={one.sha1} /> },
          { id: "by", header: "Added (UTC)", cell: (one) => `${instant(one.created_at)} by ${one.created_by}` },
          ...(may("manage_credentials")
            ? [
                {
                  id: "delete",
                  header: "Delete",
                  cell: (one: CertificateView) => (
                    <Button
                      variant="inline-icon"
                      iconName="remove"
                      ariaLabel={`Delete ${one.name}`}
                      onClick={() => setDeleting(one)}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      {deleting && <DeleteCertificate certificate={deleting} close={() => setDeleting(undefined)} />}
    </>
  );
}

function useOf({ decrypts, authority }: CertificateView): string {
  if (decrypts) return "Opens media";
  return authority ? "Verifies what it issued" : "Verifies signatures";
}

function DeleteCertificate({ certificate, close }: { certificate: CertificateView; close(): void }) {
  const api = useApi();
  const path = { sha256: certificate.sha256 };
  return (
    <Delete
      name={certificate.name}
      list="certificates"
      remove={() => api.DELETE("/certificates/{sha256}", { params: { path } })}
      close={close}
    >
      {certificate.decrypts
        ? "Its private key goes with it. What is encrypted for it is then delivered as it is, and nobody can read it without the key: keep a copy of your own."
        : "Signatures that were made with it are then not verified."}
    </Delete>
  );
}
