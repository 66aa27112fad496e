package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/rest"
)

const (
	answerTTL = 24 * time.Hour
	claimTTL  = 2 * time.Minute // longer than any request may take
)

// Begin claims an Idempotency-Key of a person; see rest.Answers.
func (s *Store) Begin(ctx context.Context, user, key, request string) (*rest.Answer, error) {
	claim, err := json.Marshal(rest.Answer{Request: request})
	if err != nil {
		return nil, fmt.Errorf("store: encode claim: %w", err)
	}
	k := s.answerKey(user, key)
	there, err := s.c.Client.SetArgs(ctx, k, claim, redis.SetArgs{Mode: "NX", Get: true, TTL: claimTTL}).Result()
	var before rest.Answer
	found, err := decode(k, []byte(there), &before, err)
	if err != nil || !found {
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
	return Wrap(s.c.Client.Set(ctx, k, b, answerTTL).Err())
}

func (s *Store) answerKey(user, key string) string {
	return s.Key(user, "answer", user, digest(key))
}
