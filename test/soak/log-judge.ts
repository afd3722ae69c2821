/** One line of the operational log, as far as it is judged. */
interface Line {
  readonly level?: unknown;
  readonly msg?: unknown;
  readonly outcome?: unknown;
  readonly reason?: unknown;
  readonly [field: string]: unknown;
}

/**
 * How a connection may end in a soak, `outcome/reason`. Whatever else the log says of one is a finding; so is a
 * line that is no connection's and not among `MESSAGES`.
 */
const ENDINGS: ReadonlySet<string> = new Set([
  'closed/client-left',
  'closed/upstream-left',
  'abandoned/client-left',
  'canceled/undefined',
  'cut/address',
  'cut/age',
  'cut/client-stalled',
  'cut/idle',
  'cut/killed',
  'failed/client-stalled',
  'failed/upstream-protocol',
  'refused/address',
  'refused/alpn',
  'refused/cancel-key',
  'refused/cancel-late',
  'refused/early-bytes',
  'refused/killed',
  'refused/no-tls',
  'refused/password',
  'refused/protocol',
  'refused/tls',
  'refused/upstream-error',
  'refused/upstream-unreachable',
]);

const MESSAGES: ReadonlySet<string> = new Set([
  'ready',
  'catalog read again',
  'catalog not taken, the last good one stays',
  'certificates read again',
  'certificate not taken, the last good one stays',
  'certificate',
  'a cut session’s statement could not be canceled',
  'sessions cut by a change of the catalog',
  'draining',
  'stopped',
]);

/** What is wrong with a catalog, by file, line and column. */
const COMPLAINT = /catalog\.yaml:\d+:\d+: /;

/** Findings that are kept whole; the rest are counted. */
const MAX_KEPT = 20;

/** Reads the log line by line and keeps what it comes to. */
export class LogJudge {
  /** How many connections ended, by `outcome/reason`. */
  readonly endings = new Map<string, number>();
  /** How many other lines there were, by their message. */
  readonly messages = new Map<string, number>();
  readonly findings: string[] = [];
  #unkept = 0;

  get connections(): number {
    return [...this.endings.values()].reduce((sum, count) => sum + count, 0);
  }

  get findingCount(): number {
    return this.findings.length + this.#unkept;
  }

  count(ending: string): number {
    return this.endings.get(ending) ?? 0;
  }

  read(text: string): void {
    const line = parse(text);
    if (line === undefined) this.#find(`not a line of the log: ${text}`);
    else if (line.msg === 'connection') this.#ended(line, text);
    else this.#said(line, text);
  }

  #said(line: Line, text: string): void {
    const message = String(line.msg);
    const isComplaint = line.level === 'error' && COMPLAINT.test(message);
    add(this.messages, isComplaint ? 'a problem of the catalog' : message);
    if (!MESSAGES.has(message) && !isComplaint) this.#find(text);
  }

  #ended(line: Line, text: string): void {
    const ending = `${String(line.outcome)}/${String(line.reason)}`;
    add(this.endings, ending);
    if (!ENDINGS.has(ending)) this.#find(text);
  }

  #find(text: string): void {
    if (this.findings.length < MAX_KEPT) this.findings.push(text);
    else this.#unkept += 1;
  }
}

function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
