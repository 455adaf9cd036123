import type { OpenQuestion } from './open-question.ts'

/** The part of the open questions that is about rights, users, groups, keys and projects. */
export const iamQuestions: readonly OpenQuestion[] = [
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
    id: 'access-by-path-prefix',
    question: 'May a key read by path what its rule for data names by prefix, without the escape?',
    reading: 'No, 403. So the key of a tier cannot be used by scaleway/action-scw-secret, secretspec and vals.',
    why: 'These three read by path. Let them read by id, or try them with Scaleway before they are relied upon.',
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
    id: 'authentication-body',
    question: 'What does a 401 look like, and how is a deleted key answered?',
    reading: 'Type denied_authentication, method api_key, reason not_found; expired for one that is over.',
    why: 'Only the parsers of the clients are known.',
  },
  {
    id: 'groups-of-everyone',
    question:
      'Does every organization have the groups marked all_users and all_applications, and what can be done to them?',
    reading: 'Yes. They list no member, and cannot be changed or deleted; their policies count for everybody.',
    why: 'The clients of August 2026 name them. Whoever only looks at the members of a group misses such a policy.',
  },
  {
    id: 'keys-of-applications',
    question: 'What does a list of API keys show to a key that may read those of applications, or of users, alone?',
    reading: '403, unless bearer_type asks for these alone.',
    why: 'IAMApplicationReadOnly and IAMUserReadOnly are described by one sentence each.',
  },
  {
    id: 'empty-project-ids',
    question: 'Is an empty project_ids of a rule the same as none?',
    reading: 'No, 400.',
    why: "Scaleway's client for Python sends one beside no organization_id, unless project_ids is None.",
  },
  {
    id: 'unknown-project',
    question: 'How is a project refused that does not exist?',
    reading: 'It is not: a project that a secret or a rule names is one of the organization, called by its id.',
    why: 'Nothing has to be created before. With Scaleway it has to be.',
  },
  {
    id: 'project-names',
    question: 'May two projects have the same name, and does the filter match a part of it?',
    reading: 'No, 409; and no, the whole name.',
    why: 'The Terraform provider looks a project up by its name.',
  },
  {
    id: 'iam-delay',
    question: 'When does a change of a policy apply?',
    reading: 'At once. Scaleway documents up to one minute.',
    why: 'A test would have to wait. Real tools must.',
  },
]
