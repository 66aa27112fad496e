package manifests

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// podSecurity is the newest "restricted" of the Pod Security Standards.
func podSecurity() (Rule, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return Rule{}, err
	}
	return Rule{"pod security", each(func(_ *Set, ksvc *servingv1.Service, report func(string, ...any)) {
		t := ksvc.Spec.Template
		if forbidden := restricted(evaluator, t.ObjectMeta, t.Spec.PodSpec); forbidden != "" {
			report("%s", forbidden)
		}
	})}, nil
}

// restricted says why a pod may not run under "restricted", or "".
func restricted(evaluator policy.Evaluator, meta metav1.ObjectMeta, pod corev1.PodSpec) string {
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &meta, &pod))
	if result.Allowed {
		return ""
	}
	return result.ForbiddenDetail()
}
