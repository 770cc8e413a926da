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

  constructor(status: number, detail: string, errors: readonly FieldError[] = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.errors = errors;
  }

  /** What is wrong with one field, or with something inside of it. */
  of(field: string): string | undefined {
    const said = this.errors.filter(
      (e) => e.field === field || e.field.startsWith(`${field}.`) || e.field.startsWith(`${field}[`),
    );
    return said.length ? said.map((e) => e.message).join(" ") : undefined;
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
  return new Problem(response.status, detail, fieldErrors(body.errors));
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
