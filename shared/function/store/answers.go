package store

import (
	"context"
	"time"

	"paceline/shared/function/rest"
)

const (
	answerTTL = 24 * time.Hour
	claimTTL  = 2 * time.Minute // longer than any request may take
)

// Begin claims an Idempotency-Key of a person; see rest.Answers.
func (s *Store) Begin(ctx context.Context, user, key, request string) (*rest.Answer, error) {
	var before *rest.Answer
	err := s.Update(ctx, user, func(t *Tx) error {
		k := t.Key("answer", user, digest(key))
		var a rest.Answer
		found, err := t.Get(k, &a)
		if err != nil {
			return err
		}
		if found {
			before = &a
			return nil
		}
		before = nil
		return t.Set(k, rest.Answer{Request: request}, claimTTL)
	})
	return before, err
}

// Finish keeps the answer to a claimed key, or forgets the claim.
func (s *Store) Finish(ctx context.Context, user, key string, a rest.Answer) error {
	return s.Update(ctx, user, func(t *Tx) error {
		k := t.Key("answer", user, digest(key))
		if a.Status == 0 {
			t.Del(k)
			return nil
		}
		return t.Set(k, a, answerTTL)
	})
}
