import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf, once } from "../api/client";
import { asProblem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { EnterText } from "../parts/enter-text";
import { PemField } from "../parts/pem-field";
import { SavedForm } from "../parts/saved-form";
import { useApi } from "../session/session";

const EMPTY = { name: "", certificate: "", private_key: "", passphrase: "", allow_expired: false };

export function NewCertificatePage() {
  const api = useApi();
  const navigate = useNavigate();
  const notices = useNotices();
  const answers = useQueryClient();
  const [body, setBody] = useState(EMPTY);
  const [header] = useState(once);
  const save = useMutation({
    mutationFn: () => bodyOf(api.POST("/certificates", { params: { header }, body })),
    onSuccess: async (saved) => {
      await answers.invalidateQueries({ queryKey: ["certificates"] });
      notices.done(`The certificate ${saved.name} is added.`, "/certificates");
    },
  });
  const problem = save.error ? asProblem(save.error) : null;
  const change = (part: Partial<typeof EMPTY>) => setBody((rest) => ({ ...rest, ...part }));
  const expired = body.allow_expired || /expired/.test(problem?.of("certificate") ?? "");
  return (
    <ContentLayout header={<Header variant="h1">Add certificate</Header>}>
      <SavedForm
        verb="Add certificate"
        saving={save.isPending}
        problem={problem}
        save={() => save.mutate()}
        cancel={() => navigate("/certificates")}
      >
        <Container>
          <SpaceBetween size="l">
            <EnterText
              label="Name"
              value={body.name}
              error={problem?.of("name")}
              onChange={(name) => change({ name })}
            />
            <PemField
              label="Certificate"
              choose="Choose a certificate's file"
              description="In PEM."
              placeholder="-----BEGIN CERTIFICATE-----"
              value={body.certificate}
              error={problem?.of("certificate")}
              onChange={(certificate) => change({ certificate })}
            />
            {expired && (
              <Checkbox
                checked={body.allow_expired}
                onChange={({ detail }) => change({ allow_expired: detail.checked })}
              >
                It has expired, and files of its time shall be read with it
              </Checkbox>
            )}
            <PemField
              label={
                <>
                  Private key <i>– optional</i>
                </>
              }
              choose="Choose a private key's file"
              description="RSA or elliptic curve, in PEM: to open media. It is kept as a secret and never shown. Without it, the certificate only verifies signatures."
              placeholder="-----BEGIN PRIVATE KEY-----"
              value={body.private_key}
              error={problem?.of("private_key")}
              onChange={(private_key) => change({ private_key })}
            />
            {body.private_key && (
              <EnterText
                label="Passphrase"
                description="What the private key is encrypted with, if it is."
                type="password"
                value={body.passphrase}
                error={problem?.of("passphrase")}
                onChange={(passphrase) => change({ passphrase })}
              />
            )}
          </SpaceBetween>
        </Container>
      </SavedForm>
    </ContentLayout>
  );
}
