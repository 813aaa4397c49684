-- importForget
-- model = "car_loan"
-- origin = "1f/2e"
DELETE FROM histograms WHERE model = {model:String} AND source = 'import' AND startsWith(origin, {origin:String})
