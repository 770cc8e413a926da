import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { asProblem } from "../api/problem";

/** An address that leads nowhere, or a page that failed. */
export function Lost() {
  const failure = useRouteError();
  const nowhere = !failure || (isRouteErrorResponse(failure) && failure.status === 404);
  return (
    <Box padding="xl">
      <Alert type={nowhere ? "info" : "error"} header={nowhere ? "There is no such page" : "This page failed"}>
        {nowhere ? "It may have had another address before." : asProblem(failure).message}{" "}
        <Link href="#/rules">Go to the rules</Link>
      </Alert>
    </Box>
  );
}
