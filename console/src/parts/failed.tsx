import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { asProblem } from "../api/problem";

/** What could not be read or done, in its place, with the way to try again where that helps. */
export function Failed({ failure, again }: { failure: unknown; again?: () => void }) {
  const problem = asProblem(failure);
  return (
    <Alert type="error" action={again && <Button onClick={again}>Try again</Button>}>
      {problem.message}
      {problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((one) => (
            <li key={one.field + one.message}>
              <code>{one.field}</code> {one.message}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
