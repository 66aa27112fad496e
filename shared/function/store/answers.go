package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
)

const (
	answerTTL = 24 * time.Hour
	claimTTL  = 2 * time.Minute // longer than any request may take
)

// Begin claims an Idempotency-Key of a person; see rest.Answers. Claims and
// answers are sealed for the person.
func (s *Store) Begin(ctx context.Context, user, key, request string) (*rest.Answer, error) {
	claim, err := json.Marshal(rest.Answer{Request: request})
	if err != nil {
		return nil, fmt.Errorf("store: encode claim: %w", err)
	}
	k := s.answerKey(user, key)
	owner := answerOwner(user)
	if claim, err = s.keys.Seal(ctx, owner, k, claim); err != nil {
		return nil, err
	}
	there, err := s.c.Client.SetArgs(ctx, k, claim, redis.SetArgs{Mode: "NX", Get: true, TTL: claimTTL}).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, Wrap(err)
	}
	if there, err = s.keys.Open(ctx, owner, k, there); err != nil {
		return nil, err
	}
	var before rest.Answer
	if _, err := decode(k, there, &before, nil); err != nil {
		return nil, err
	}
	return &before, nil
}

// Finish keeps the answer to a claimed key, or forgets the claim.
func (s *Store) Finish(ctx context.Context, user, key string, a rest.Answer) error {
	k := s.answerKey(user, key)
	if a.Status == 0 {
		return Wrap(s.c.Client.Del(ctx, k).Err())
	}
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("store: encode answer: %w", err)
	}
	if b, err = s.keys.Seal(ctx, answerOwner(user), k, b); err != nil {
		return err
	}
	return Wrap(s.c.Client.Set(ctx, k, b, answerTTL).Err())
}

// answerOwner is whose key seals an answer.
func answerOwner(user string) string { return cmp.Or(user, seal.Platform) }

func (s *Store) answerKey(user, key string) string {
	return s.Key(user, "answer", user, digest(key))
}
