// Package operator is the operators' command line, kn-paceline: a plugin of kn,
// also usable alone.
//
//	doctor       what is wrong, and what mends it
//	secrets      what a fresh cluster needs: keys, addresses
//	key rotate   new signing keys for every part, in stages
//	trigger      pause and resume what a function hears
//	deadletter   events that nobody could take: list, describe, replay
//	alert        security alerts: list, acknowledge, release with its block
//	import       archives of one's own workouts: send, list, show, undo
//	rebuild      derived data of a function, for one person or everybody
//	user, role   look a person up, end sessions, give and take roles
//	audit        hold the log of who used which power to its chain and anchors
//	login        sign in for the commands that call the API
//
// Commands about people and events speak to the public API of a platform, on
// one machine or on a cluster (PACELINE_URL), with the rights of who signed
// in. Commands about the cluster speak to its API server (KUBECONFIG).
//
// A command ends with 0 when all is well, with 1 when it found or met a fault,
// and with 2 when it was called wrongly. What programs read goes to the
// standard output (-o json), what people are told to the standard error.
package operator
