import { type Answer, json } from '../admin/answer.ts';

/** The answers of all workers to one request about sessions, as one. */
export function mergedSessions(answers: readonly Answer[]): Answer {
  const [first] = answers;
  if (first === undefined) return json(503, { message: 'no worker runs' });
  // They judge a request alike.
  const refused = answers.find(({ status }) => status !== 200);
  if (refused !== undefined) return refused;
  const sessions = answers.flatMap(({ body }) => (JSON.parse(body) as { sessions: unknown[] }).sessions);
  return json(200, { sessions });
}
