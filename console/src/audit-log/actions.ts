const SAID: Readonly<Record<string, string>> = {
  "POST /api-keys": "Make API key",
  "DELETE /api-keys/*": "Delete API key",
  "POST /certificates": "Add certificate",
  "DELETE /certificates/*": "Delete certificate",
  "POST /datasets": "Add dataset",
  "PUT /datasets/*": "Change dataset",
  "DELETE /datasets/*": "Delete dataset",
  "POST /datasets/*/list": "Export list",
  "POST /destinations": "Add destination",
  "PUT /destinations/*": "Change destination",
  "DELETE /destinations/*": "Delete destination",
  "PUT /destinations/*/access": "Change who may deliver",
  "POST /destinations/*/credentials": "Refresh credentials",
  "POST /destinations/*/probe": "Test destination",
  "POST /rules": "Create rule",
  "PUT /rules/*": "Change rule",
  "DELETE /rules/*": "Delete rule",
  "POST /rules/*/activate": "Activate rule",
  "POST /rules/*/deactivate": "Deactivate rule",
  "POST /rules/*/run": "Run rule",
  "POST /rules/*/amend": "Deliver late rows",
  "POST /rules/*/backfills": "Begin backfill",
  "POST /rules/*/backfills/*/cancel": "Cancel backfill",
  "POST /runs/*/cancel": "Cancel run",
  "POST /runs/*/retry": "Retry run",
  "POST /runs/*/files/*/link": "Download file",
  "POST /templates": "Create template",
  "PUT /templates/*": "Change template",
  "DELETE /templates/*": "Delete template",
  "POST /templates/*/rules": "Create rule from template",
};

/** What was asked, in words; a request that nobody foresaw stays as it is. */
export function actionOf(request: string): string {
  return SAID[request.replaceAll(/[<{][^>}]*[>}]/g, "*")] ?? request;
}
