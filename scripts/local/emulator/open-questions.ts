/** Something about Scaleway that no public source answers, and how the emulator behaves. */
export interface OpenQuestion {
  /** Stable, for links. */
  readonly id: string
  readonly question: string
  /** What the emulator does. */
  readonly reading: string
  /** Why code that works with this behaviour also works with Scaleway. */
  readonly why: string
}

/**
 * Every assumption where Scaleway's behaviour is unknown; the table of docs/emulator.md is generated from it.
 * The rule: assume the worst case for a design. Rights that are needed are missing, leaks that are
 * possible happen, and errors are easy to notice. To settle one, try it on a real account and delete the entry.
 */
export const openQuestions: readonly OpenQuestion[] = [
  {
    id: 'list-filtered',
    question: 'Does a list under a resource condition with the escape show every secret of the project?',
    reading: 'Yes: metadata of all secrets, with the full total_count.',
    why: 'Nobody should rely on the names of another tier being hidden.',
  },
  {
    id: 'list-without-escape',
    question: 'Does a list under a resource condition without the escape fail?',
    reading: 'Yes, 403 list secret: a list has no resource, neither id, name nor locality.',
    why: 'Documented for the id; assumed for all three variables, so a rule on the region alone denies lists.',
  },
  {
    id: 'denied-status',
    question: 'Is a secret outside the condition answered with 403 or 404?',
    reading: '403 when the secret exists, 404 when there is none, to any authenticated key.',
    why: 'Field reports of the operator show "insufficient permissions"; a 404 would look like a missing secret.',
  },
  {
    id: 'permission-words',
    question: 'Which action and resource does a 403 of Secret Manager name?',
    reading: 'Action: list, read, access, create, write, delete or restore. Resource: secret or secret_version.',
    why: 'Only "read secret" and "list secret" are reported. Do not parse more than the error type.',
  },
  {
    id: 'access-by-path-condition',
    question: 'Is access by path checked with the resource, or without as a list is?',
    reading: 'Both ways; both must be allowed. A prefix alone, without the escape, is denied.',
    why: 'Without a resource the escape would open every path; with it the bare prefix would do. Neither is known.',
  },
  {
    id: 'create-condition',
    question: 'Does creating a secret pass a resource condition?',
    reading: 'Only when the condition holds for the secret to be, and also without a resource.',
    why: 'It is unknown whether secrets can be created under a prefix; the emulator must not suggest that they can.',
  },
  {
    id: 'move-condition',
    question: 'Is moving or renaming a secret checked against the place it goes to?',
    reading: 'No, only against the place it comes from.',
    why: 'This shows clearly that a right to write is a right to move a secret into another tier.',
  },
  {
    id: 'read-only-data',
    question: 'Does AllProductsReadOnly permit the data of versions?',
    reading: 'No, metadata only.',
    why: 'What needs data must ask for SecretManagerSecretAccess.',
  },
  {
    id: 'disable-previous-right',
    question: 'Does disable_previous need more than the right to create a version?',
    reading: 'Yes, the right to write too.',
    why: 'SecretManagerSecretCreate is described as "no update".',
  },
  {
    id: 'private-ip',
    question: 'What is request.ip for a private address?',
    reading: 'Absent, so a condition on it denies.',
    why: 'Only public addresses are supported. Use --trust-forwarded-for to send one.',
  },
  {
    id: 'failing-condition',
    question: 'What does a condition do that fails or is not a boolean?',
    reading: 'It denies.',
    why: 'Only syntax is checked when it is saved.',
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
    id: 'authentication-body',
    question: 'What does a 401 look like, and how is a deleted key answered?',
    reading: 'Type denied_authentication, method api_key, reason not_found; expired for one that is over.',
    why: 'Only the parsers of the clients are known.',
  },
  {
    id: 'rate-limit',
    question: 'What is the rate limit, and per what?',
    reading: 'None unless --rate-limit is given; then per second and source address.',
    why: 'Answers recorded in October 2026 carry "X-Ratelimit-Limit: 50, 50;w=1".',
  },
  {
    id: 'iam-delay',
    question: 'When does a change of a policy apply?',
    reading: 'At once. Scaleway documents up to one minute.',
    why: 'A test would have to wait. Real tools must.',
  },
]
