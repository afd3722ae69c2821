import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { link, newChain } from '../../src/audit/chain.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import type { TrailSource } from '../../src/sinks/trail-tail.ts';
import { DurableMark } from '../../src/trail/durable-mark.ts';
import { segmentName, segmentPath } from '../../src/trail/segment-names.ts';
import type { WithTeardown } from '../support/postgres.ts';

const START = Date.parse('2026-11-23T12:00:00Z');

/** A trail whose files are written by hand, so that a test says when a segment ends and what is durable. */
export class HandmadeTrail implements TrailSource {
  readonly dir: string;
  readonly keys = undefined;
  /** The lines by their sequence, from 1. */
  readonly lines: string[] = [];
  #head;
  #segment: string | undefined;
  readonly durable = new DurableMark(0);

  private constructor(dir: string, chain: string) {
    this.dir = dir;
    this.#head = newChain(chain, 'f'.repeat(64));
  }

  static async at(t: WithTeardown, chain = '6c5b21c2-2f4f-4bd0-8d58-2b4f1f0c1f10'): Promise<HandmadeTrail> {
    const dir = await mkdtemp(join(tmpdir(), 'portcullis-trail-'));
    t.teardown(() => rm(dir, { recursive: true, force: true }));
    return new HandmadeTrail(dir, chain);
  }

  get sequence(): number {
    return this.#head.sequence;
  }

  /** Records that follow, without writing them. */
  make(count: number, event: AuditEvent = { type: 'reloaded', what: 'catalog' }): string[] {
    return Array.from({ length: count }, () => {
      const sequence = this.#head.sequence + 1;
      const uid = `00000000-0000-4000-8000-${String(sequence).padStart(12, '0')}`;
      const { line, head } = link(event, { time: START + sequence, uid }, this.#head);
      this.#head = head;
      this.lines[sequence] = line;
      return line;
    });
  }

  /** Writes records that follow; they are durable then. */
  async add(count: number, event?: AuditEvent): Promise<void> {
    const first = this.#head.sequence + 1;
    await this.append(this.make(count, event), first);
    this.durable.advance(this.#head.sequence);
  }

  async append(lines: readonly string[], first: number): Promise<void> {
    await mkdir(this.dir, { recursive: true });
    this.#segment ??= segmentName(first);
    await appendFile(
      segmentPath(this.dir, this.#segment, 'jsonl'),
      lines.map((line) => `${line}\n`).join(''),
    );
  }

  /** The next record begins another segment. @returns the name of the one that ends. */
  rotate(): string {
    const ended = this.#segment;
    if (ended === undefined) throw new Error('no segment is open');
    this.#segment = undefined;
    return ended;
  }

  async remove(segment: string): Promise<void> {
    await rm(segmentPath(this.dir, segment, 'jsonl'));
  }

  /** Puts other bytes in the open segment's place. */
  async overwrite(text: string): Promise<void> {
    if (this.#segment === undefined) throw new Error('no segment is open');
    await writeFile(segmentPath(this.dir, this.#segment, 'jsonl'), text);
  }
}
