import { exitCodes, ProblemError } from '../lib/problems.ts'

/** A request as messages name it. */
interface Asked {
  readonly method: string
  readonly path: string
}

/** Without the access key that a path may contain, except for its last characters. */
export function describeRequest({ method, path }: Asked): string {
  return `Scaleway ${method} ${path.replace(/SCW[A-Z0-9]{13}([A-Z0-9]{4})/g, '…$1')}`
}

/**
 * The problem for an answer that Scaleway does not give. Of its body nothing is told: it may hold a secret.
 *
 * @param fact completes "answers 200 with …"
 */
export function unreadableAnswer(request: Asked, status: number, fact: string, expected = 'JSON'): ProblemError {
  return new ProblemError(
    {
      code: 'SCALEWAY_ANSWER_UNREADABLE',
      where: describeRequest(request),
      message: `answers ${status} with ${fact}. Expected ${expected}.`,
      fix: `Check the network and the proxy (HTTPS_PROXY): something in between may have answered in place of Scaleway.${request.method === 'GET' ? '' : ' Look in the Scaleway console whether the request was done.'}`,
    },
    exitCodes.unreachable,
  )
}

/**
 * The list in an answer; one that is left out is empty where the answer counts none.
 *
 * @throws ProblemError `SCALEWAY_ANSWER_UNREADABLE`: what is not there must not be taken for deleted
 */
export function listIn<T>(answer: unknown, field: string, request: Asked): readonly T[] {
  const { [field]: list, total_count } = Object(answer) as Readonly<Record<string, unknown>>
  if (Array.isArray(list)) return list
  if ((list ?? null) === null && total_count === 0) return []
  throw unreadableAnswer(request, 200, `JSON that has no list "${field}"`, 'one')
}
