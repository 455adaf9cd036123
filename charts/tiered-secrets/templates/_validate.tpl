{{/*
What JSON Schema can't say. Every `fail` of the chart is here; all problems are reported at once.
Each begins with the path of the value, so that one can search the values file for it.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.validate" -}}
{{- $problems := "" -}}
{{- if .Values.tiers -}}
  {{- range $name := list "application" "environment" -}}
    {{- if not (index $.Values $name) -}}
      {{- $problems = printf "%s%s: is empty. Expected the name of the %s, since there are tiers.\n" $problems $name $name -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if not .Values.admission.enabled -}}
  {{- range $tier, $spec := .Values.tiers -}}
    {{- if $spec.operators -}}
      {{- $problems = printf "%stiers.%s.operators: is not empty, but admission is off. Expected no operators: without admission, whoever may patch an ExternalSecret can change what it reads and writes.\n" $problems $tier -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range list "tier" "ref" "target" -}}
  {{- $problems = printf "%s%s" $problems (include (printf "tiered-secrets.%sProblems" .) $) -}}
{{- end -}}
{{- if $problems -}}
  {{- fail (printf "\n\n%s\nfix: correct scripts/catalogue.ts or scripts/environments.ts and run `npm run gen-values`.\n" $problems) -}}
{{- end -}}
{{- end -}}
