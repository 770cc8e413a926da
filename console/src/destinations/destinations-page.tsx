import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { DestinationView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { instant } from "../parts/words";
import { useAllRules } from "../rules/use-all-rules";
import { useApi, useMay } from "../session/session";
import { KINDS, kindLabel } from "./kinds/kinds";
import { placeOf } from "./place";
import { Readiness } from "./readiness";

const ALL = { value: "", label: "All kinds" };

export function DestinationsPage() {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const [kind, setKind] = useState("");
  const destinations = usePaged<DestinationView>(["destinations", { kind }], (cursor) =>
    bodyOf(
      api.GET("/destinations", { params: { query: { ...(cursor ? { cursor } : {}), ...(kind ? { kind } : {}) } } }),
    ),
  );
  const rules = useAllRules();
  const create = may("manage_destinations") && (
    <Button variant="primary" onClick={() => navigate("/destinations/new")}>
      Add destination
    </Button>
  );
  const kinds = [ALL, ...KINDS.map((one) => ({ value: one.id, label: one.label }))];
  return (
    <ListTable
      what="destinations"
      list={destinations}
      variant="full-page"
      header={
        <Header variant="h1" actions={create} description="Tested endpoints of yours, which rules deliver to.">
          Destinations
        </Header>
      }
      filter={
        <Select
          ariaLabel="Kind"
          options={kinds}
          selectedOption={kinds.find((one) => one.value === kind) ?? ALL}
          onChange={({ detail }) => setKind(detail.selectedOption.value ?? "")}
        />
      }
      empty={
        kind ? (
          <Empty title={`No destination of the kind ${kindLabel(kind)}`} action={create} />
        ) : (
          <Empty title="No destinations yet" action={create}>
            Save one, and Waybill tests it step by step: Amazon S3, Azure Blob Storage, SFTP, mail, or a folder that is
            hosted for you.
          </Empty>
        )
      }
      columnDefinitions={[
        {
          id: "name",
          header: "Name",
          isRowHeader: true,
          cell: (one) => <Link to={`/destinations/${one.destination_id}`}>{one.name}</Link>,
        },
        { id: "kind", header: "Kind", cell: (one) => kindLabel(one.kind) },
        { id: "place", header: "Where", cell: placeOf },
        { id: "state", header: "State", minWidth: 140, cell: (one) => <Readiness destination={one} /> },
        { id: "probed", header: "Last tested (UTC)", minWidth: 160, cell: (one) => instant(one.probed_at) },
        {
          id: "expires",
          header: "Credentials end (UTC)",
          minWidth: 160,
          cell: (one) =>
            one.warnings.length > 0 ? (
              <StatusIndicator type="warning">{instant(one.expires_at)}</StatusIndicator>
            ) : (
              instant(one.expires_at)
            ),
        },
        {
          id: "rules",
          header: "Rules",
          cell: (one) => rules?.filter((rule) => rule.settings.destinations.includes(one.destination_id)).length ?? "–",
        },
      ]}
    />
  );
}
