import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type FormEvent, useState } from "react";
import { asProblem } from "../api/problem";
import { useSession } from "./session";
import "./sign-in.css";

export function SignIn() {
  const { signIn, ended } = useSession();
  const [key, setKey] = useState("");
  const [wrong, setWrong] = useState("");
  const [asking, setAsking] = useState(false);

  async function enter(event: FormEvent) {
    event.preventDefault();
    const given = key.trim();
    if (!given) return setWrong("Enter an API key. Your administrator makes one for you.");
    setAsking(true);
    try {
      await signIn(given);
    } catch (failure) {
      const problem = asProblem(failure);
      const unknown = problem.status === 401 || problem.status === 403;
      setWrong(unknown ? "This key is not known. Check it, or ask your administrator for another." : problem.message);
    } finally {
      setAsking(false);
    }
  }

  return (
    <main className="sign-in">
      <SpaceBetween size="l">
        <Box variant="h1">Waybill</Box>
        {ended && <Alert type="info">{ended}</Alert>}
        <form onSubmit={enter}>
          <Form
            actions={
              <Button variant="primary" formAction="submit" loading={asking}>
                Sign in
              </Button>
            }
          >
            <Container header={<Header variant="h2">Sign in</Header>}>
              <FormField
                label="API key"
                description="It starts with wb_. It stays in this tab and is gone when you close it."
                errorText={wrong}
              >
                <Input
                  type="password"
                  value={key}
                  autoFocus
                  autoComplete={false}
                  onChange={({ detail }) => {
                    setKey(detail.value);
                    setWrong("");
                  }}
                />
              </FormField>
            </Container>
          </Form>
        </form>
      </SpaceBetween>
    </main>
  );
}
