{{/*
Version of the rules. Raise it when the chart renders what earlier rules refuse: their policies then stand aside during
the upgrade. Keys of the boundary are only ever added, because policies of an earlier version still read them.
Arguments: none.
*/}}
{{- define "tiered-secrets.admissionRules" -}}
3
{{- end -}}

{{/*
What the API server would fill into the constraints of a policy: Argo CD would otherwise tell of a difference.
Arguments: none.
*/}}
{{- define "tiered-secrets.admissionDefaults" -}}
matchPolicy: Equivalent
namespaceSelector: {}
objectSelector: {}
{{- end -}}

{{/*
What a policy with parameters judges. No `/status`: the API server takes nothing but the status from such a request.
Arguments: root (the chart context), resource.
*/}}
{{- define "tiered-secrets.admissionMatch" -}}
failurePolicy: Fail
paramKind:
  apiVersion: v1
  kind: Secret
matchConstraints:
  {{- include "tiered-secrets.admissionDefaults" . | nindent 2 }}
  resourceRules:
    - apiGroups: [external-secrets.io]
      apiVersions: ["*"]
      operations: [CREATE, UPDATE]
      resources: [{{ .resource | quote }}]
      scope: Namespaced
matchConditions:
  - name: these-rules-apply
    expression: params.metadata.annotations.rules == '{{ include "tiered-secrets.admissionRules" . }}'
  {{- include "tiered-secrets.admissionDeletion" . | nindent 2 }}
  {{- with include "tiered-secrets.argocdComparison" .root }}
  {{- . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/*
Lets finalizers go from what is being deleted. Its spec is in use until it is gone, so that a change of it is judged.
Arguments: none.
*/}}
{{- define "tiered-secrets.admissionDeletion" -}}
- name: not-a-step-of-deletion
  expression: >-
    request.operation == 'CREATE' || !has(oldObject.metadata.deletionTimestamp)
    || dyn(object).?spec != dyn(oldObject).?spec
{{- end -}}

{{/*
A rule, and what is said when it is broken: in the form of all problems, with the code as the name of the rule. The API
server falls back to the short text when the long one would be too long, or have several lines.
Arguments: code, rule (CEL: what is allowed), found (CEL: a text of what is true), expected (CEL: a text), fix (text).
*/}}
{{- define "tiered-secrets.admissionRule" -}}
- expression: >-
    {{ regexReplaceAll `\s+` .rule " " }}
  messageExpression: >-
    {{ regexReplaceAll `\s+` .found " " }} + '. Expected ' + {{ .expected }} + '. fix: {{ .fix }}. ({{ .code }})'
  message: {{ printf "a value is too long to be shown, or has several lines. fix: %s. (%s)" .fix .code | quote }}
  reason: Forbidden
{{- end -}}
