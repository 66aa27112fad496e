package objects

import (
	"context"
	"fmt"
)

// Check says whether the store of OBJECTS_URL answers and is where it should
// be, a bucket that is missing included.
func Check(ctx context.Context, s Store) error {
	if _, err := s.List(ctx, checked, "", 1); err != nil {
		return fmt.Errorf("OBJECTS_URL: %w", err)
	}
	return nil
}
