// Package deadletter keeps the events that nobody could take, shows them to
// operators and sends them again.
//
//	in    dead letters of every Trigger and Broker, of any type
//	out   the kept event under its own id, when an operator replays it
//	keys  letter:<id> one letter; letters, the list by time of arrival
//	      (objects: deadletter/<id>.json, the event itself)
//	      Of an event what is sealed stays sealed, here too; a letter, whose text
//	      may repeat something of a person, is sealed for the platform
//	safe  a letter is one event and one destination: it comes back as the same
//	      letter; a replay does nothing twice, since receivers know the event
package deadletter
