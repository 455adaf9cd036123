import { iamQuestions } from './iam-questions.ts'
import type { OpenQuestion } from './open-question.ts'

/**
 * Every assumption where Scaleway's behaviour is unknown; the table of docs/emulator.md is generated from it.
 * The rule: assume the worst case for a design. Rights that are needed are missing, leaks that are
 * possible happen, and errors are easy to notice. To settle one, try it on a real account and delete the entry.
 */
export const openQuestions: readonly OpenQuestion[] = [
  ...iamQuestions,
  {
    id: 'empty-secret-path',
    question: 'Is an empty secret_path of an access by path the root?',
    reading: 'No, 400: it is required, and the root is "/".',
    why: 'A client that puts an empty one where no folder is named reads nothing here. Name "/", which is right either way.',
  },
  {
    id: 'taken-name',
    question: 'How is a name that is taken in its path refused?',
    reading: '409 already_exists; with --duplicate-name invalid, 400 "cannot have same secret name in same path".',
    why: 'One public client relies on 409, three on the 400. Handle both.',
  },
  {
    id: 'name-charset',
    question: 'Which characters may a name have?',
    reading: 'Those of a path segment: 1 to 255 of letters, digits, dot, underscore, dash.',
    why: 'Only the charset of a path is documented.',
  },
  {
    id: 'empty-name-filter',
    question: 'Does an empty name filter match everything?',
    reading: 'No: it matches nothing.',
    why: 'The operator sends one for a ref that ends with a slash; a wrong secret must not arrive.',
  },
  {
    id: 'name-filter',
    question: 'Does the name filter match part of a name?',
    reading: 'No, the whole name.',
    why: 'The operator and the Terraform provider take the first match for the secret they asked for.',
  },
  {
    id: 'path-filter-slash',
    question: 'Does a path filter with a trailing slash find the folder?',
    reading: 'No, neither in a list nor in an access by path.',
    why: 'Stored paths have none, and a public client reports that nothing is found.',
  },
  {
    id: 'path-without-slash',
    question: 'Is a path without a slash at its beginning taken?',
    reading: 'No, 400.',
    why: 'The documentation says that a path starts with one.',
  },
  {
    id: 'tags-filter',
    question: 'Must a secret have all requested tags, or any?',
    reading: 'All.',
    why: 'Fewer secrets are returned.',
  },
  {
    id: 'first-duplicate',
    question: 'Which of two secrets of one name comes first in a list?',
    reading: 'The one whose path sorts first.',
    why: 'Any order is possible; nothing may depend on it.',
  },
  {
    id: 'page-size',
    question: 'What do page_size 0, page_size above 100 and a page past the end return?',
    reading: '0 is the default of 20, above 100 is a 400, past the end is empty.',
    why: 'The IAM API documents 1 to 100; Go clients send 0.',
  },
  {
    id: 'booleans',
    question: 'Which texts are a boolean of a query?',
    reading: "Those that Go's strconv.ParseBool takes; others are a 400.",
    why: "Scaleway's client for Python sends True and False, the others true and false.",
  },
  {
    id: 'scheduled-versions-quota',
    question: 'Do versions scheduled for deletion count towards the 20?',
    reading: 'Yes, until their 7 days are over.',
    why: 'A recorded version_count includes them.',
  },
  {
    id: 'scheduled-secrets-quota',
    question: 'Do secrets scheduled for deletion count towards the 100?',
    reading: 'Yes, until their 7 days are over.',
    why: 'They can be restored.',
  },
  {
    id: 'quota-status',
    question: 'How is a quota refused?',
    reading: '403 quotas_exceeded.',
    why: 'Only the parsers of the clients are known.',
  },
  {
    id: 'latest',
    question: 'What is "latest" when the newest version is disabled or scheduled for deletion?',
    reading: 'That version: its metadata can be read, access is 412.',
    why: 'Use latest_enabled.',
  },
  {
    id: 'not-enabled-access',
    question: 'How is access to a version refused that is not enabled, or of a secret scheduled for deletion?',
    reading: '412 precondition_failed, resource_not_usable.',
    why: 'Documented for a disabled version as "precondition failed"; the body is not recorded.',
  },
  {
    id: 'key-value-strings',
    question: 'May a value of a key_value secret be a number or a boolean?',
    reading: 'No, only a string.',
    why: 'The recorded refusal says "Expected: string", and no sample has another type.',
  },
  {
    id: 'key-value-json',
    question: 'Does a key_value take JSON behind a byte order mark, or with more behind its end?',
    reading: 'No, 400; of a name that is there twice the last counts.',
    why: 'Parsers differ, and the operator refuses the first two for a bundle.',
  },
  {
    id: 'typed-extra-fields',
    question: 'May typed credentials have further fields?',
    reading: 'No.',
    why: 'Only the documented fields are known to be taken.',
  },
  {
    id: 'empty-payload',
    question: 'May a version be empty?',
    reading: 'No, 400.',
    why: 'An empty secret is nearly always a mistake.',
  },
  {
    id: 'restore-taken-name',
    question: 'Can a secret be restored when its name was taken again meanwhile?',
    reading: 'No, as a name that is taken. (That the name is free again is recorded.)',
    why: 'Two secrets in one place could not be distinguished.',
  },
  {
    id: 'ephemeral-later',
    question: 'Can an ephemeral policy be added to a secret that has none?',
    reading: 'No, 412. Changing one is recorded as allowed.',
    why: 'Documented as possible only at creation.',
  },
  {
    id: 'unknown-region',
    question: 'How is a region without Secret Manager refused, and is it-mil one?',
    reading: '400 invalid_arguments; it-mil is not served.',
    why: 'A 404 would look like a missing secret.',
  },
  {
    id: 'unknown-route',
    question: 'How is an unknown route answered?',
    reading: '404 without a type, which clients do not take for a missing secret.',
    why: 'A wrong URL must be easy to notice.',
  },
  {
    id: 'rate-limit',
    question: 'What is the rate limit, and per what?',
    reading: 'None unless --rate-limit is given; then per second and source address.',
    why: 'Answers recorded in October 2026 carry "X-Ratelimit-Limit: 50, 50;w=1".',
  },
]
