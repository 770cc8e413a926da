import { sentence } from "../parts/sentence";
import type { StepView } from "./description";

/** What an API answers that cannot do what was asked (RFC 9457), or that did not answer at all. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export class Problem extends Error {
  /** 0 where no answer came. */
  readonly status: number;
  /** Each wrong field by its path in the request, such as `schedule.at`. */
  readonly errors: readonly FieldError[];
  /** The steps of the connection test because of which a destination was refused. */
  readonly probe: readonly StepView[];

  constructor(status: number, detail: string, errors: readonly FieldError[] = [], probe: readonly StepView[] = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.errors = errors;
    this.probe = probe;
  }

  /** What is wrong with one field, or with something inside of it, in sentences. */
  of(field: string): string | undefined {
    const said = this.errors.filter(
      (e) => e.field === field || e.field.startsWith(`${field}.`) || e.field.startsWith(`${field}[`),
    );
    return said.length ? said.map((e) => sentence(e.message)).join(" ") : undefined;
  }
}

export function isWorthRetrying(problem: unknown): boolean {
  return problem instanceof Problem && (problem.status === 0 || problem.status === 429 || problem.status >= 502);
}

/** Any failure as a Problem: one that nobody foresaw says so. */
export function asProblem(failure: unknown): Problem {
  if (failure instanceof Problem) return failure;
  return new Problem(
    0,
    failure instanceof Error ? failure.message : "Something failed that should not. Load the page again.",
  );
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = await bodyOf(response);
  const detail = typeof body.detail === "string" ? body.detail : `The API answered ${response.status}. Try again.`;
  const probe = Array.isArray(body.probe) ? (body.probe as StepView[]) : [];
  return new Problem(response.status, detail, fieldErrors(body.errors), probe);
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

function fieldErrors(said: unknown): FieldError[] {
  if (!Array.isArray(said)) return [];
  return said.filter((one): one is FieldError => typeof one?.field === "string" && typeof one?.message === "string");
}
