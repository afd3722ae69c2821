import { keptPasswords } from '../catalog/kept-passwords.ts';
import type { Branch } from '../catalog/model.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import { contextOf } from '../control/rated-password.ts';
import type { PasswordContext, Rating } from '../passwords/rating.ts';
import { judge, type Objection, type SqlText } from '../sql/judgement.ts';
import { unchecked } from '../sql/objections.ts';
import { withReplacements } from '../sql/replacement.ts';
import { readStatement, type StatementMessage, withText } from '../wire/statement-messages.ts';
import type { ObjectionsSent } from './objections-sent.ts';
import type { Visit } from './visit.ts';

/**
 * What a branch says about passwords in SQL, applied to a session's statements. Rules and roles are those of the
 * newest catalog, as they are for whether the session may stay.
 */
export class SqlPolicy {
  readonly #visit: Visit;
  readonly #branch: Branch;
  readonly #objections: ObjectionsSent;

  /** @param branch as it was when the session began. */
  constructor(visit: Visit, branch: Branch, objections: ObjectionsSent) {
    this.#visit = visit;
    this.#branch = branch;
    this.#objections = objections;
  }

  /**
   * Judges a message that could set a password. Never rejects.
   * @param frame a whole Query or Parse, header included.
   * @returns it, or what fails upstream in its place.
   */
  async judged(frame: Buffer, text: Omit<SqlText, 'bytes'>): Promise<Buffer> {
    const message = readStatement(frame);
    // Malformed: the upstream refuses it unread.
    if (message === undefined) return frame;
    const objections = await this.#objectionsTo(message, text);
    const [first] = objections;
    if (first === undefined) return frame;
    this.#visit.gate.journal.passwordRefused(this.#visit.record, first.fields.message);
    const number = this.#objections.numberFor(first.fields);
    return withText(message, withReplacements(message.text, objections, number));
  }

  async #objectionsTo(
    { text: bytes }: StatementMessage,
    text: Omit<SqlText, 'bytes'>,
  ): Promise<readonly Objection[]> {
    const { branch = this.#branch } = this.#place() ?? {};
    const { passwordMinBits: minBits, prehashedPasswords: prehashed } = branch.sql;
    if (minBits === undefined) return [];
    const kept = keptPasswords(this.#visit.gate.catalog().projects, branch);
    try {
      return await judge(
        { bytes, ...text },
        { minBits, prehashed },
        {
          read: (statement) => this.#visit.gate.passwords.read(statement),
          rate: (password, role) => this.#rate(password, role, minBits),
          // Whoever runs a statement may have become anybody by SET ROLE.
          keeps: (role) => (role === undefined ? kept.size > 0 : kept.has(role)),
        },
      );
    } catch (cause) {
      this.#visit.gate.journal.defect(this.#visit.record, cause);
      return [{ kind: 'alter', start: 0, end: bytes.length, fields: unchecked() }];
    }
  }

  #rate(password: string, role: string | undefined, minBits: number): Promise<Rating> {
    const user = role ?? this.#visit.record.upstream?.role ?? '';
    const place = this.#place();
    const context: PasswordContext = place === undefined ? { user } : contextOf(user, place);
    return this.#visit.gate.passwords.rate(password, context, minBits);
  }

  #place(): BranchRef | undefined {
    const { standing, gate } = this.#visit;
    return standing && gate.catalog().findBranch(standing.projectId, standing.branchId);
  }
}
